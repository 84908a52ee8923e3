# What `cmake --install` puts where, and the Debian package that `cpack -G DEB` makes of it.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # Tests and benchmarks need not be built for it.
set(package ${PROJECT_SOURCE_DIR}/tools/package)

install(TARGETS proteus RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Loaded by who trades live; nothing links it (connectors/live/signer.hpp looks for it here).
install(TARGETS proteus_signing LIBRARY DESTINATION lib/proteus)
if(TARGET proteus-learn)
  install(TARGETS proteus-learn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT learn)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/config/ DESTINATION ${CMAKE_INSTALL_DATADIR}/proteus/config FILES_MATCHING PATTERN "*.toml")
# The program looks for them here (tools/app/shipped.hpp).
install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/shipped DESTINATION ${CMAKE_INSTALL_DATADIR}/proteus/models)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${package}/proteus.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME proteus)

# What names its own place is made when that place is known. /usr has its settings in /etc, every other prefix has its own.
install(CODE "
  set(PROTEUS_BIN \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  set(PROTEUS_ETC \"\${CMAKE_INSTALL_PREFIX}/etc\")
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    set(PROTEUS_ETC /etc)
  endif()
  configure_file(\"${package}/proteus-paper.service.in\" \"${PROJECT_BINARY_DIR}/package/proteus-paper.service\" @ONLY)
  file(INSTALL DESTINATION \"\${PROTEUS_ETC}/proteus\" TYPE FILE FILES \"${package}/paper.toml\")
  execute_process(COMMAND \"${CMAKE_COMMAND}\" \"-DPROGRAM=$<TARGET_FILE:proteus>\" -DVERSION=${PROJECT_VERSION}
    \"-DOUT=${PROJECT_BINARY_DIR}/package/proteus.1\" -P \"${PROJECT_SOURCE_DIR}/tools/build/manual.cmake\" COMMAND_ERROR_IS_FATAL ANY)
  find_program(GZIP gzip REQUIRED)
  execute_process(COMMAND \"\${GZIP}\" -9nf \"${PROJECT_BINARY_DIR}/package/proteus.1\" COMMAND_ERROR_IS_FATAL ANY)
")
install(FILES ${PROJECT_BINARY_DIR}/package/proteus.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_BINARY_DIR}/package/proteus-paper.service DESTINATION lib/systemd/system)

set(PROTEUS_MAINTAINER "proteus maintainers <maintainers@proteus.invalid>" CACHE STRING "Who answers for the package")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME proteus)
set(CPACK_PACKAGE_VENDOR proteus)
set(CPACK_PACKAGE_CONTACT "${PROTEUS_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "event-driven paper trading engine with a simulated exchange")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Follows market data over websockets, decides bar by bar, passes every order through a risk gate
and fills on an in-process paper venue. Brings a systemd service (proteus-paper), alarms, metrics
in the Prometheus text format, and an exchange that is simulated on loopback.")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/package)
# Settings lie outside of the prefix, so the package is laid out below a root of its own.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_NAME proteus)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_RECOMMENDS "ca-certificates, bsdutils")
# What learns is a package of its own: it needs LibTorch, which is large, and what trades does without.
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL Unspecified)
if(TARGET proteus-learn)
  list(APPEND CPACK_COMPONENTS_ALL learn)
  set(CPACK_DEBIAN_LEARN_PACKAGE_NAME proteus-learn)
  set(CPACK_DEBIAN_LEARN_PACKAGE_DEPENDS "proteus (= ${PROJECT_VERSION})")
  set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_SUGGESTS "proteus-learn")
  set(CPACK_COMPONENT_LEARN_DESCRIPTION "The program that trains RL2 policies and holds learners against known answers, which proteus hands over to.")
endif()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${PROJECT_BINARY_DIR}/package/conffiles "/etc/proteus/paper.toml\n")
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/package/conffiles ${package}/postinst ${package}/prerm ${package}/postrm)
include(CPack)
